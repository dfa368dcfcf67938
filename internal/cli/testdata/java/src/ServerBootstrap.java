package io.digdag.server;

/** Named by the client's command `server`, which is not run. */
public class ServerBootstrap {}
