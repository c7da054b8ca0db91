// Reader of PyTorch's zip archives.
#pragma once

#include "sma/model/torch_archive.hpp"

namespace sma::libtorch {

/// Lives as long as the process.
model::torch_archive_reader const& archive_reader() noexcept;

}  // namespace sma::libtorch
