// Root directory with files of /proc and /sys, for what reads the limits of cgroups.
#pragma once

#include "files.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace sma::test {

/// Removed with its files by the destructor.
class fake_root {
public:
    explicit fake_root(std::map<std::string, std::string> const& files) {
        for (auto const& [name, text] : files) {
            std::filesystem::create_directories((folder_ / name).parent_path());
            write_file(folder_ / name, text);
        }
    }
    std::filesystem::path const& path() const { return folder_.path(); }

private:
    temporary_folder folder_;
};

}  // namespace sma::test
