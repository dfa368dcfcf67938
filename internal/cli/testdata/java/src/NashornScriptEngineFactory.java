package jdk.nashorn.api.scripting;

/** Named by the evaluation of expressions, which only a run needs. Java from 15 on has none. */
public class NashornScriptEngineFactory {}
