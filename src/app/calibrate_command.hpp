// Command `model calibrate`: a temperature for a model's confidences, fitted on labeled photos by the engine.
#pragma once

#include "setting_flags.hpp"
#include "sma/batch/expectation.hpp"
#include "sma/batch/job.hpp"
#include "sma/core/error.hpp"

#include <CLI/App.hpp>

#include <string>

namespace sma::app {

/// Must outlive the parsing.
class calibrate_command {
public:
    explicit calibrate_command(CLI::App& command);

    /// Runs the command that was parsed. Returns the process's exit status.
    int run() const;

private:
    result<batch::job_options> make_job_options() const;

    std::string weights_;
    std::string labels_from_;
    std::string diagram_;
    setting_flags flags_;
};

}  // namespace sma::app
