// int8 tiles on x86-64: with AVX2 and FMA, or with SSE4.1 alone. Their sums are the same, and what is stored differs
// where one rounding instead of two makes a difference.
#pragma once

#include "int8_tile.hpp"

namespace sma::engine {

void compute_avx2(int8_tile const& t, int rows);
void compute_sse41(int8_tile const& t, int rows);

}  // namespace sma::engine
