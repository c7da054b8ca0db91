#if defined(__SANITIZE_THREAD__)

// Debian's libspdlog is not instrumented: ThreadSanitizer does not see its thread give up a logger that a line refers
// to.
extern "C" char const* __tsan_default_suppressions();
char const* __tsan_default_suppressions() { return "race:spdlog::details::thread_pool\n"; }

#endif
