// Versions of oneDNN and libtorch in this process.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sma::engine {

/// Name and version of each. Any thread.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace sma::engine
