// CPU sampling of this process by gperftools' profiler, into memory.
#pragma once

#include "sma/api/profiler_part.hpp"
#include "sma/core/error.hpp"

#include <memory>
#include <string>

namespace sma::api {

/// Samples all threads of this process, a hundred times a second of CPU time, until it is finished or destroyed. There
/// is at most one at a time. Any thread; the functions block for milliseconds.
class cpu_sampling {
public:
    /// Errors: conflict, if this process is being profiled already; io_error.
    static result<std::unique_ptr<cpu_sampling>> start(profiler_part const& profiler);
    ~cpu_sampling();
    cpu_sampling(cpu_sampling const&) = delete;
    cpu_sampling& operator=(cpu_sampling const&) = delete;

    /// Returns the profile in the format of gperftools' and Go's pprof. To be called once. Error: io_error.
    result<std::string> finish();

private:
    cpu_sampling(profiler_part const& profiler, int file) noexcept : profiler_(profiler), file_(file) {}
    void stop() noexcept;

    profiler_part const& profiler_;
    int file_;
    bool running_ = true;
};

}  // namespace sma::api
