package operator

// LogVariable names the environment variable that has the least level of messages that
// are kept of a try: debug, info, warn or error. A program that sees it may print
// messages with a level, which pawl knows from what else it prints.
const LogVariable = "PAWL_LOG_LEVEL"
