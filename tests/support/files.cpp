#include "files.hpp"

#include "catch.hpp"

#include <stdlib.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sma::test {

std::string read_file(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_file(std::filesystem::path const& file, std::string_view bytes) {
    std::ofstream out(file, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

void replace_file(std::filesystem::path const& file, std::string_view bytes) {
    auto const next = file.string() + ".next";
    write_file(next, bytes);
    std::filesystem::rename(next, file);
}

std::vector<std::filesystem::path> files_in(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::optional<std::filesystem::path> shared_folder() {
    auto const* folder = std::getenv("SMA_SHARED");
    if (folder != nullptr && *folder != '\0') return folder;
    WARN("skipped: SMA_SHARED is not set, so the reference data is not at hand");
    return std::nullopt;
}

temporary_folder::temporary_folder() {
    auto name = (std::filesystem::temp_directory_path() / "sma-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace sma::test
