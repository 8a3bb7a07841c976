package engine;

import java.util.Set;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.features.FeatureSpecification;
import org.elasticsearch.features.NodeFeature;

/**
 * Declares that this node supports the failure store of data streams. The store is in the core. The
 * module that declares it in a complete Elasticsearch is not published.
 */
public final class FailureStoreFeature implements FeatureSpecification {
    @Override
    public Set<NodeFeature> getFeatures() {
        return Set.of(DataStream.DATA_STREAM_FAILURE_STORE_FEATURE);
    }
}
