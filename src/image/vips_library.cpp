// Setup of libvips for this process: no threads of its own, no cache, and only the loaders of our formats.
#include "sma/image/vips_library.hpp"

#include "image_format.hpp"
#include "vips_loaders.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <gmodule.h>
#include <vips/vips.h>

namespace sma::image {

namespace {

// libvips and libtiff describe errors of a file in warnings; the client gets messages of our own.
void swallow(char const*, GLogLevelFlags, char const*, void*) {}

// libvips looks for plug-ins (ImageMagick, PDF, HEIF) under $VIPSHOME: where there are none, it loads none. The
// program sets it while it has one thread; then nothing is written here, where other threads may read the environment.
void forbid_plugins() {
    constexpr char const* name = "VIPSHOME";
    constexpr char const* nowhere = "/nonexistent";
    char const* const value = std::getenv(name);
    if (value == nullptr || std::string_view(value) != nowhere) ::setenv(name, nowhere, 1);
}

GType type_of_loader(image_format const& format) { return vips_type_find("VipsOperation", format.vips_loader); }

// Modules lie in a folder beside libvips. Of ours none is loaded twice, and none that is not needed.
void load_module(char const* name) {
    Dl_info library{};
    if (::dladdr(reinterpret_cast<void const*>(&vips_init), &library) == 0) return;
    auto const folder = std::filesystem::path(library.dli_fname).parent_path();
    auto const version = std::to_string(vips_version(0)) + "." + std::to_string(vips_version(1));
    auto const file = folder / ("vips-modules-" + version) / (std::string(name) + ".so");
    if (auto* const module = g_module_open(file.c_str(), G_MODULE_BIND_LAZY)) g_module_make_resident(module);
}

void load_missing_loaders() {
    for (auto const* format : image_formats)
        if (format->vips_module != nullptr && !has_loader(*format)) load_module(format->vips_module);
}

void block_loaders() {
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    vips_operation_block_set("VipsForeignSave", TRUE);
    for (auto const* format : image_formats) {
        if (format->vips_loader == nullptr || !has_loader(*format)) continue;
        vips_operation_block_set(g_type_name(type_of_loader(*format)), FALSE);
    }
}

std::atomic<bool> ready{false};

void start() {
    forbid_plugins();
    if (vips_init("simple-model-api") != 0) throw std::runtime_error("libvips cannot be started");
    g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION), swallow, nullptr);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    load_missing_loaders();
    block_loaders();
    ready.store(true, std::memory_order_release);
}

}  // namespace

void initialize_library() {
    static std::once_flag once;
    std::call_once(once, start);
}

bool has_loader(image_format const& format) noexcept {
    return format.vips_loader == nullptr || type_of_loader(format) != 0;
}

bool library_is_ready() noexcept { return ready.load(std::memory_order_acquire); }

void release_thread_memory() noexcept { vips_thread_shutdown(); }

std::string library_version() {
    return std::to_string(vips_version(0)) + "." + std::to_string(vips_version(1)) + "." +
           std::to_string(vips_version(2));
}

}  // namespace sma::image
