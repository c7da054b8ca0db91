#include "sma/image/preprocess.hpp"

namespace sma::image {

std::string_view interpolation_name(interpolation filter) noexcept {
    return filter == interpolation::bicubic ? "bicubic" : "bilinear";
}

}  // namespace sma::image
