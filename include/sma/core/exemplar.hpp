// Exemplars of a histogram: for each bucket the trace of a request that is counted in it.
#pragma once

#include <string>
#include <vector>

namespace sma {

struct exemplar {
    std::string trace_id;  ///< hexadecimal; empty: none
    double value = 0;      ///< what was observed
    double unix_s = 0;     ///< when, in seconds since 1970
};

/// In the order of the buckets, the one to infinity last.
using bucket_exemplars = std::vector<exemplar>;

}  // namespace sma
