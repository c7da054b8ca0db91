// Real server whose standard output is not a file of the test: requests go through a Unix socket.
#pragma once

#include "files.hpp"
#include "http_client.hpp"
#include "metrics_reader.hpp"
#include "process.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

/// `simple-model-api serve --unix-socket P`, narrow, with more arguments. Killed when destroyed. Belongs to one thread.
class unix_server {
public:
    /// Returns when it is healthy; throws std::runtime_error if that takes too long. `output` is opened for writing; it
    /// may be a pipe or a device. Without a path it has one of its own.
    explicit unix_server(std::filesystem::path const& output, std::vector<std::string> arguments = {},
                         std::filesystem::path const& path = {});

    pid_t id() const { return process_.id(); }
    std::filesystem::path const& path() const { return path_; }
    http_response ask(std::string_view request) const { return connection(path_).ask(request); }
    http_response get(std::string_view target) const { return ask(make_request("GET", target)); }
    metrics_reader metrics() const { return metrics_reader(get("/metrics").body); }
    bool is_healthy() const;
    void signal(int number) const { process_.signal(number); }
    std::optional<int> wait_for_exit(std::chrono::milliseconds limit) { return process_.wait(limit); }

private:
    temporary_folder folder_;
    std::filesystem::path path_;
    process process_;
};

}  // namespace sma::test
