// Bytes under a path, without a disk: for what reads files only, and for fuzz targets, which read very many.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace sma::test {

/// Gone when destroyed; a mapping of it stays valid. Not thread-safe.
class memory_file {
public:
    explicit memory_file(std::string_view bytes) : descriptor_(::memfd_create("sma", MFD_CLOEXEC)) {
        while (descriptor_ >= 0 && !bytes.empty()) {
            auto const written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written <= 0) break;
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        if (descriptor_ < 0 || !bytes.empty()) throw std::runtime_error("memfd");
    }
    memory_file(memory_file const&) = delete;
    memory_file& operator=(memory_file const&) = delete;
    ~memory_file() { ::close(descriptor_); }

    std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

}  // namespace sma::test
