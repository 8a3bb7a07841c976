package engine;

import java.util.Set;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.features.FeatureSpecification;
import org.elasticsearch.features.NodeFeature;

/**
 * Says that this node can keep what does not fit a data stream in its failure store. The store is in
 * the core; the module that says so in a whole Elasticsearch is not published.
 */
public final class Kept implements FeatureSpecification {
    @Override
    public Set<NodeFeature> getFeatures() {
        return Set.of(DataStream.DATA_STREAM_FAILURE_STORE_FEATURE);
    }
}
