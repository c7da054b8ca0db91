// Commands below `model`.
#pragma once

#include "calibrate_command.hpp"
#include "setting_flags.hpp"

#include <CLI/App.hpp>

#include <memory>
#include <string>

namespace sma::app {

/// Adds its commands to `model`. Must outlive the parsing.
class model_commands {
public:
    explicit model_commands(CLI::App& model);

    /// Runs the command that was parsed. Returns the process's exit status.
    int run() const;

private:
    int inspect() const;
    int quantize() const;

    CLI::App* inspect_;
    CLI::App* quantize_;
    CLI::App* calibrate_;
    std::string file_;
    std::string calibration_;
    std::string out_;
    std::unique_ptr<setting_flags> flags_;  ///< for pre-processing
    std::unique_ptr<calibrate_command> calibration_command_;
};

}  // namespace sma::app
