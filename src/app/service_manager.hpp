// systemd notifications, watchdog and socket activation (sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)).
// Implemented here because libsystemd's sd_notify() blocks while the manager does not read, and the I/O thread must not
// block.
#pragma once

#include "sma/core/thread_annotations.hpp"
#include "sma/serving/model_manager.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sma::app {

/// What the service manager passed in the environment. A plain value; empty when there is no manager.
struct service_environment {
    std::string notify_socket;              ///< a path, or "@name" of an abstract socket
    std::chrono::microseconds watchdog{0};  ///< longest time between two signs of life; 0: none wanted
    std::vector<int> sockets;               ///< listening descriptors, this process's own from now on
};

/// Reads these variables and removes them, so that child processes do not inherit them. To be called before any thread
/// is started.
service_environment take_service_environment();

/// The notification for a change of state. `monotonic` is the time of CLOCK_MONOTONIC, `stop_limit` the longest time
/// that draining may take.
std::string notification(serving::state now, std::string_view last_error, std::chrono::microseconds monotonic,
                         std::chrono::milliseconds stop_limit);

/// Reports the service's state to the manager. Owned by the composition, constructed before the model manager whose
/// changes it reports. Nothing in it blocks: what the manager's full socket does not accept is sent again with the next
/// tick.
class service_reporter {
public:
    service_reporter(service_environment const& environment, std::chrono::milliseconds stop_limit);
    ~service_reporter();
    service_reporter(service_reporter const&) = delete;
    service_reporter& operator=(service_reporter const&) = delete;

    /// True if there is a manager to report to.
    bool has_manager() const noexcept { return socket_ >= 0; }

    /// The model manager's changes, in their order. Any thread.
    void state_changed(serving::state now, std::string_view last_error);

    /// The interval of tick(): at most half the watchdog's time.
    std::chrono::milliseconds tick_interval() const noexcept;
    /// Sends a keep-alive, if the watchdog wants one and the inference thread makes progress. To be called on the I/O
    /// thread, because the keep-alive also says that this thread runs.
    void tick(bool makes_progress);

private:
    bool send(std::string_view lines) const noexcept;

    std::chrono::microseconds const watchdog_;
    std::chrono::milliseconds const stop_limit_;
    int const socket_;
    mutex mutex_;
    std::string unsent_ SMA_GUARDED_BY(mutex_);  ///< the last change, while the manager has not taken it
};

}  // namespace sma::app
