// Compatibility layer over libtorch 1.13 and 2.x, with CUDA and without. The only place with #if.
#pragma once

#include <ATen/Context.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <array>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include <dlfcn.h>

#define SMA_TORCH_VERSION (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)
#if SMA_TORCH_VERSION >= 209
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace sma::libtorch::torch_compat {

/// libtorch_cuda registers itself when it is loaded; the linker omits libraries without used symbols.
inline bool cuda_available() noexcept {
    try {
        if (!at::hasCUDA()) ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
        return at::hasCUDA();
    } catch (std::exception const&) {
        return false;
    }
}

/// True if `e` says that memory ran out. libtorch, its JIT, cuDNN and cuBLAS each have an exception type of their own,
/// and the types differ between versions; the texts do not.
inline bool is_out_of_memory(std::exception const& e) noexcept {
    if (dynamic_cast<std::bad_alloc const*>(&e)) return true;
    static constexpr std::array<std::string_view, 6> phrases{"out of memory",
                                                             "can't allocate memory",
                                                             "not enough memory",
                                                             "CUDNN_STATUS_ALLOC_FAILED",
                                                             "CUBLAS_STATUS_ALLOC_FAILED",
                                                             "bad_alloc"};
    std::string_view const text = e.what();
    for (auto const phrase : phrases)
        if (text.find(phrase) != text.npos) return true;
    return false;
}

/// The message without libtorch's stack.
inline std::string message_of(std::exception const& e) {
    auto const* const error = dynamic_cast<c10::Error const*>(&e);
    std::string text = error ? error->what_without_backtrace() : e.what();
    return text.substr(0, text.find("\nException raised from"));
}

/// Returns cached device memory to the driver so that other processes can have it. libtorch itself empties the cache
/// before it reports that it is out of memory, so nothing is lost where this version offers no way without linking
/// CUDA.
inline void empty_cuda_cache() noexcept {
    try {
#if SMA_TORCH_VERSION >= 209
        if (at::hasCUDA())
            if (auto* const allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::kCUDA)))
                allocator->emptyCache();
#else
        using function = void (*)();
        if (auto* const symbol = ::dlsym(RTLD_DEFAULT, "_ZN3c104cuda20CUDACachingAllocator10emptyCacheEv"))
            reinterpret_cast<function>(symbol)();
#endif
    } catch (std::exception const&) {
        // A cache that cannot be emptied is no reason to fail: the next allocation tries again.
    }
}

}  // namespace sma::libtorch::torch_compat
