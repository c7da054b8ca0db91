// Table of the part "profiler": gperftools' CPU profiler.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/part.hpp"

#include <functional>

namespace sma::api {

/// Immutable; any thread.
struct profiler_part : part {
    int (*start)(char const* file) = nullptr;  ///< 0: this process is being profiled already
    void (*stop)() = nullptr;
};

/// Loads the part when a profile is wanted.
using profiler_source = std::function<result<profiler_part const*>()>;

}  // namespace sma::api
