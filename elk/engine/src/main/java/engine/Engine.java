package engine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** One Elasticsearch node from the published jars: Engine HOME ADDRESS PORT. */
public final class Engine {
    private Engine() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: Engine HOME ADDRESS PORT");
            System.exit(2);
        }
        Path home = Path.of(args[0]).toAbsolutePath();
        Settings settings = Settings.builder()
                .put("path.home", home)
                .put("cluster.name", "minitwit")
                .put("discovery.type", "single-node")
                .put("network.host", args[1])
                .put("http.port", args[2])
                .put("transport.port", "0")
                // The published jars do not contain security: only the firewall restricts access.
                .put("xpack.security.enabled", false)
                .put("xpack.ml.enabled", false)
                // The disk belongs to the whole machine. With Elasticsearch's default shares (85, 90, 95 %), a node on
                // a large disk allocates no shard while gigabytes are free, and every request to the index waits.
                .put("cluster.routing.allocation.disk.watermark.low", "2gb")
                .put("cluster.routing.allocation.disk.watermark.high", "1gb")
                .put("cluster.routing.allocation.disk.watermark.flood_stage", "512mb")
                .build();

        LogConfigurator.configureESLogging();
        Environment environment =
                InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "engine");
        LogConfigurator.configure(environment, true);
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
                PluginsLoader.loadModulesBundles(environment.modulesDir()), Set.of(), Map.of(), false);
        Node node = new Node(environment, plugins);

        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (java.io.IOException e) {
                System.err.println("closing the node: " + e);
            } finally {
                ended.countDown();
            }
        }));
        node.start();
        ended.await();
    }
}
