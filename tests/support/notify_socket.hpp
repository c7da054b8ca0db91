// The service manager's end of sd_notify(3).
#pragma once

#include "files.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sma::test {

/// A datagram socket that a service under test writes to. Belongs to one thread.
class notify_socket {
public:
    notify_socket();
    ~notify_socket();
    notify_socket(notify_socket const&) = delete;
    notify_socket& operator=(notify_socket const&) = delete;

    /// For NOTIFY_SOCKET.
    std::string path() const { return (folder_ / "notify").string(); }
    /// The next message, or nothing ("") if none comes within `limit`.
    std::string next(std::chrono::milliseconds limit);
    /// What is there already.
    std::vector<std::string> waiting();

private:
    temporary_folder folder_;
    int socket_;
};

}  // namespace sma::test
