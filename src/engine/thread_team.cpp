#include "sma/engine/thread_team.hpp"

#include <omp.h>

namespace sma::engine {

void release_thread_team() noexcept { omp_pause_resource(omp_pause_soft, omp_get_initial_device()); }

}  // namespace sma::engine
