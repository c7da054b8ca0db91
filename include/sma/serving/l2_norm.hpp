// Normalization of an embedding to the Euclidean length 1.
#pragma once

#include <vector>

namespace sma::serving {

/// Zeros stay zeros.
void normalize_l2(std::vector<float>& embedding);

}  // namespace sma::serving
