// Weight files for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace sma::test {

/// A folder that is gone when the test ends.
class scratch_folder {
public:
    scratch_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "sma_model_XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    scratch_folder(scratch_folder const&) = delete;
    scratch_folder& operator=(scratch_folder const&) = delete;
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path write(std::string const& name, std::string_view content) const {
        auto file = path_ / name;
        std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
        return file;
    }
    std::filesystem::path operator/(std::string const& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline std::string read_file(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A file that is checked in beside the tests.
inline std::filesystem::path data_file(std::string const& name) {
    return std::filesystem::path(SMA_SOURCE_DIR) / "tests/unit/libtorch/data" / name;
}

/// The bytes of a safetensors file with this header and data.
inline std::string safetensors_bytes(std::string const& header, std::string const& data) {
    std::uint64_t const length = header.size();
    return std::string(reinterpret_cast<char const*>(&length), sizeof length) + header + data;
}

}  // namespace sma::test
