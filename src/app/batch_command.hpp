// Command `batch`: classifies files and directories, or puts load on a server.
#pragma once

#include "setting_flags.hpp"
#include "sma/batch/http_backend.hpp"
#include "sma/batch/job.hpp"
#include "sma/core/error.hpp"
#include "tls_client_flags.hpp"

#include <CLI/App.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sma::app {

/// Adds the flags to `command`, with those of the settings for classifying in process. Must outlive the parsing.
class batch_command {
public:
    explicit batch_command(CLI::App& command);

    /// The process's exit status: 0 all classified, 1 some failed, 2 wrong usage or no model, 130 interrupted.
    int run() const;

private:
    void add_file_flags();
    void add_result_flags();
    void add_http_flags();
    void add_load_flags();
    void arrange_setting_flags();
    bool is_given(char const* flag) const;
    bool over_http() const;

    result<batch::job_options> make_job_options() const;
    result<void> check_usage() const;
    result<void> check_embedding() const;
    result<batch::http_options> make_http_options() const;
    int run_over_http() const;
    int run_in_process() const;

    CLI::App& command_;
    setting_flags settings_;
    tls_client_flags tls_;
    batch::job_options job_;
    batch::load_options load_;
    batch::http_options http_;
    std::string shard_;
    bool null_ = false;
    std::string expect_;
    std::string expect_from_;
    int concurrency_ = 0;  ///< 0: as many as the backend can use
    std::string url_;
    std::int64_t timeout_s_ = std::chrono::duration_cast<std::chrono::seconds>(http_.timeout).count();
    std::string api_key_;
    std::string api_key_file_;
    std::vector<std::string> headers_;
    std::string normalize_ = "none";
};

}  // namespace sma::app
