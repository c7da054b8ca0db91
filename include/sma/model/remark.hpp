// Remark on how weights were found in their file.
#pragma once

#include <string>

namespace sma::model {

/// A sentence for people, without its full stop.
struct remark {
    std::string text;
    bool is_warning = false;  ///< something of the file is not used
};

}  // namespace sma::model
