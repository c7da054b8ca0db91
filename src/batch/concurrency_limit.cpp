#include "concurrency_limit.hpp"

#include <algorithm>

namespace sma::batch {

void concurrency_limit::accepted() noexcept { current_ = std::min<double>(maximum_, current_ + 1.0 / current_); }

void concurrency_limit::refused(std::uint64_t begun_in_epoch) noexcept {
    if (begun_in_epoch != epoch_) return;
    current_ = std::max(1.0, current_ / 2);
    ++epoch_;
}

}  // namespace sma::batch
