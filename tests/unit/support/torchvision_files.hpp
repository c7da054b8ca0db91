// Files that a script in Python makes for a test with torchvision.
#pragma once

#include "catch.hpp"
#include "scale.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sma::test {

/// Runs a script for `folder`. False, having said so, where there is no torchvision, or a sanitizer, which takes
/// minutes for such files. Debian's Python, which sees the modules of its packages.
inline bool run_torchvision_script(std::filesystem::path const& script, std::filesystem::path const& folder,
                                   std::string const& modules = "torchvision") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer takes too long for torchvision's networks");
        return false;
    }
    if (std::system(("/usr/bin/python3 -c 'import " + modules + "' 2>/dev/null").c_str()) != 0) {
        WARN("skipped: Debian's python3 lacks one of the modules " << modules << " (packages python3-...)");
        return false;
    }
    auto const command = "/usr/bin/python3 -B -W ignore '" + script.string() + "' '" + folder.string() + "' >/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
    return true;
}

/// Torchvision's families, by the script of that name in tests/unit.
inline bool make_families(std::string const& script, std::filesystem::path const& folder,
                          std::string const& modules = "torchvision") {
    return run_torchvision_script(SMA_SOURCE_DIR "/tests/unit/" + script, folder, modules);
}

}  // namespace sma::test
