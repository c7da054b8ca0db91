// Setup of libvips for this process: no threads of its own, no cache, no plug-ins, and only the loaders of our formats.
#include "sma/image/vips_library.hpp"

#include "image_format.hpp"

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include <vips/vips.h>

namespace sma::image {

namespace {

// libvips and libtiff describe errors of a file in warnings; the client gets messages of our own.
void swallow(char const*, GLogLevelFlags, char const*, void*) {}

// libvips looks for plug-ins (ImageMagick, PDF, HEIF) under $VIPSHOME: where there are none, none is loaded. The
// program sets it while it has one thread; then nothing is written here, where other threads may read the environment.
void forbid_plugins() {
    constexpr char const* name = "VIPSHOME";
    constexpr char const* nowhere = "/nonexistent";
    char const* const value = std::getenv(name);
    if (value == nullptr || std::string_view(value) != nowhere) ::setenv(name, nowhere, 1);
}

void block_loaders() {
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    vips_operation_block_set("VipsForeignSave", TRUE);
    for (auto const* format : image_formats) {
        if (format->vips_loader == nullptr) continue;
        vips_operation_block_set(g_type_name(vips_type_find("VipsOperation", format->vips_loader)), FALSE);
    }
}

void start() {
    forbid_plugins();
    if (vips_init("simple-model-api") != 0) throw std::runtime_error("libvips cannot be started");
    g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION), swallow, nullptr);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    block_loaders();
}

}  // namespace

void initialize_library() {
    static std::once_flag once;
    std::call_once(once, start);
}

void release_thread_memory() noexcept { vips_thread_shutdown(); }

std::string library_version() {
    return std::to_string(vips_version(0)) + "." + std::to_string(vips_version(1)) + "." +
           std::to_string(vips_version(2));
}

}  // namespace sma::image
