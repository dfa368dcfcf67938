package io.digdag.standards;

import com.google.common.base.Optional;
import java.util.Map;

/** Asked for the proxy of the environment. There is none. */
public class Proxies {
    public static Optional<?> proxyConfigFromEnv(String scheme, Map<String, String> env) {
        return Optional.absent();
    }
}
