#include "sma/image/library_version.hpp"

#include <vips/vips.h>

namespace sma::image {

std::string library_version() {
    return std::to_string(vips_version(0)) + "." + std::to_string(vips_version(1)) + "." +
           std::to_string(vips_version(2));
}

}  // namespace sma::image
