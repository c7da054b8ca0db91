// Command `batch`: classifies files and directories, or puts load on a server.
#pragma once

#include "setting_flags.hpp"
#include "sma/batch/http_backend.hpp"
#include "sma/batch/job.hpp"
#include "sma/core/error.hpp"
#include "tls_client_flags.hpp"

#include <CLI/App.hpp>

#include <memory>
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
    result<batch::http_options> make_http_options() const;
    int run_over_http() const;
    int run_in_process() const;

    CLI::App& command_;
    setting_flags settings_;
    tls_client_flags tls_;
    std::vector<std::string> paths_;
    std::vector<std::string> globs_;
    std::string shard_;
    std::string expect_;
    std::string expect_from_;
    std::string out_;
    bool resume_ = false;
    bool overwrite_ = false;
    std::string summary_;
    bool quiet_ = false;
    int top_k_ = 5;
    int concurrency_ = 0;
    std::string url_;
    unsigned retries_ = 8;
    int timeout_s_ = 60;
    std::string api_key_;
    std::string api_key_file_;
    std::vector<std::string> headers_;
    std::string image_;
    std::uint64_t requests_ = 100;
    std::uint64_t waves_ = 1;
};

}  // namespace sma::app
