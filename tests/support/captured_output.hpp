// Capture of what this process writes to a descriptor, such as its log.
#pragma once

#include <functional>
#include <string>

namespace sma::test {

/// What `act` writes to this descriptor, which is as before afterwards.
std::string captured(int descriptor, std::function<void()> const& act);

}  // namespace sma::test
