#include "sma/serving/l2_norm.hpp"

#include <cmath>

namespace sma::serving {

void normalize_l2(std::vector<float>& embedding) {
    double squares = 0;
    for (float const v : embedding) squares += static_cast<double>(v) * v;
    if (squares == 0) return;
    double const factor = 1 / std::sqrt(squares);
    for (float& v : embedding) v = static_cast<float>(v * factor);
}

}  // namespace sma::serving
