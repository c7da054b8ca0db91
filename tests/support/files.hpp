// Files and folders of tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

/// Throws std::runtime_error if it cannot be read.
std::string read_file(std::filesystem::path const& file);
void write_file(std::filesystem::path const& file, std::string_view bytes);
/// Whole or not at all, as a deployment does it: by renaming another file over it.
void replace_file(std::filesystem::path const& file, std::string_view bytes);
/// The regular files of a folder, sorted by name.
std::vector<std::filesystem::path> files_in(std::filesystem::path const& folder);

/// SMA_SHARED, or nothing after having said (Catch's WARN) that the test is skipped.
std::optional<std::filesystem::path> shared_folder();

/// A folder that is removed with all it holds when this is destroyed.
class temporary_folder {
public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;

    std::filesystem::path const& path() const { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace sma::test
