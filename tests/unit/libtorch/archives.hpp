// libtorch's reader of archives, as the functions of the model component ask for it.
#pragma once

#include "sma/libtorch/archive_reader.hpp"

namespace sma::test {

inline result<model::torch_archive_reader const*> archives() { return &libtorch::archive_reader(); }

}  // namespace sma::test
