package engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.core.CheckedFunction;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.xcontent.NamedXContentRegistry;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.elasticsearch.xpack.core.ilm.DeleteAction;
import org.elasticsearch.xpack.core.ilm.ForceMergeAction;
import org.elasticsearch.xpack.core.ilm.LifecycleAction;
import org.elasticsearch.xpack.core.ilm.LifecyclePolicy;
import org.elasticsearch.xpack.core.ilm.LifecycleType;
import org.elasticsearch.xpack.core.ilm.ReadOnlyAction;
import org.elasticsearch.xpack.core.ilm.RolloverAction;
import org.elasticsearch.xpack.core.ilm.SetPriorityAction;
import org.elasticsearch.xpack.core.ilm.ShrinkAction;
import org.elasticsearch.xpack.core.ilm.TimeseriesLifecycleType;
import org.elasticsearch.xpack.core.ilm.action.PutLifecycleRequest;

/** Validates a lifecycle as Elasticsearch does when it receives one: Lifecycle FILE. */
public final class Lifecycle {
    private Lifecycle() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 1) {
            System.err.println("usage: Lifecycle FILE");
            System.exit(2);
        }
        NamedXContentRegistry known = new NamedXContentRegistry(List.of(
                new NamedXContentRegistry.Entry(
                        LifecycleType.class,
                        new ParseField(TimeseriesLifecycleType.TYPE),
                        (CheckedFunction<XContentParser, LifecycleType, java.io.IOException>)
                                parser -> TimeseriesLifecycleType.INSTANCE),
                action(RolloverAction.NAME, RolloverAction::parse),
                action(SetPriorityAction.NAME, SetPriorityAction::parse),
                action(ForceMergeAction.NAME, ForceMergeAction::parse),
                action(ShrinkAction.NAME, ShrinkAction::parse),
                action(ReadOnlyAction.NAME, ReadOnlyAction::parse),
                action(DeleteAction.NAME, DeleteAction::parse)));
        XContentParserConfiguration configuration = XContentParserConfiguration.EMPTY.withRegistry(known);
        String text = Files.readString(Path.of(args[0]));
        PutLifecycleRequest.Factory factory = new PutLifecycleRequest.Factory() {
            @Override
            public PutLifecycleRequest create(LifecyclePolicy policy) {
                return new PutLifecycleRequest(TimeValue.MINUS_ONE, TimeValue.MINUS_ONE, policy);
            }

            @Override
            public String getPolicyName() {
                return "minitwit-logs";
            }
        };
        try (XContentParser parser = JsonXContent.jsonXContent.createParser(configuration, text)) {
            PutLifecycleRequest request = PutLifecycleRequest.parseRequest(factory, parser);
            ActionRequestValidationException wrong = request.validate();
            if (wrong != null) {
                throw wrong;
            }
            List<String> order = List.of("hot", "warm", "cold", "frozen", "delete");
            List<String> phases = order.stream()
                    .filter(request.getPolicy().getPhases()::containsKey)
                    .toList();
            System.out.println(String.join(" ", phases));
        } catch (Exception e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                System.err.println(cause.getMessage());
            }
            System.exit(1);
        }
    }

    private static NamedXContentRegistry.Entry action(
            String name, CheckedFunction<XContentParser, ? extends LifecycleAction, java.io.IOException> parse) {
        return new NamedXContentRegistry.Entry(LifecycleAction.class, new ParseField(name), parse);
    }
}
