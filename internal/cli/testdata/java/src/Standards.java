package pawl;

import com.google.inject.Module;
import com.google.inject.multibindings.Multibinder;
import io.digdag.spi.CommandExecutor;
import io.digdag.spi.OperatorFactory;
import java.util.Collections;
import java.util.List;

/** Binds what the client's injector wants of the operators: none, as it runs no tasks. */
public class Standards implements io.digdag.core.Extension {
    @Override
    public List<Module> getModules() {
        return Collections.singletonList(binder -> {
            Multibinder.newSetBinder(binder, OperatorFactory.class);
            binder.bind(CommandExecutor.class).toInstance((dir, request, process) -> {
                throw new UnsupportedOperationException();
            });
        });
    }
}
