// ThreadSanitizer suppressions for GLib, libvips and libwebp, which are not built with it, so that it does not see
// their locks.
#if defined(__SANITIZE_THREAD__)
extern "C" char const* __tsan_default_suppressions();

extern "C" char const* __tsan_default_suppressions() {
    return "called_from_lib:libvips.so\n"
           "called_from_lib:libglib-2.0.so\n"
           "called_from_lib:libgobject-2.0.so\n"
           "called_from_lib:libwebp.so\n"
           "race:libglib-2.0.so\n"
           "race:libgobject-2.0.so\n"
           "race:libvips.so\n";
}
#endif
