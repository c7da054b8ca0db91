// Instead of libtorch's reader of archives: none.
#pragma once

#include "sma/model/torch_archive.hpp"

namespace sma::test {

inline result<model::torch_archive_reader const*> no_archives() {
    return error(errc::unsupported, "libtorch is not installed");
}

}  // namespace sma::test
