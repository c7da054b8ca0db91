#include "sma/app/commands.hpp"

#include "batch_command.hpp"
#include "complaint.hpp"
#include "cpu_check.hpp"
#include "health_command.hpp"
#include "model_commands.hpp"
#include "predict_command.hpp"
#include "serve.hpp"
#include "setting_flags.hpp"

#include "sma/version.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace sma::app {
namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

int run_serve(setting_flags const& flags) {
    auto const s = flags.load();
    return s ? serve(*s) : complain(s.error(), wrong_usage);
}

int run_config(setting_flags const& flags, bool check) {
    auto const s = flags.load();
    if (!s) return complain(s.error(), wrong_usage);
    std::fputs(check ? "configuration is valid\n" : write_settings(*s).c_str(), stdout);
    return 0;
}

int dispatch(int argc, char const* const* argv) {
    CLI::App program("Classifies images over HTTP with a ResNet-family network.", "simple-model-api");
    program.set_version_flag("--version", version::build);
    program.require_subcommand(1);

    auto* serving = program.add_subcommand("serve", "Serve over HTTP until SIGTERM or SIGINT");
    setting_flags const serve_flags(*serving);

    auto* batching = program.add_subcommand("batch", "Classify files and directories, or run a load test");
    batch_command const batch(*batching);

    auto* predicting = program.add_subcommand("predict", "Ask a server what images show, and print a table");
    predict_command const predict(*predicting);

    auto* health = program.add_subcommand("health", "Check whether a server is ready: exit status 0 or 1");
    health_command const healthy(*health);

    auto* config = program.add_subcommand("config", "Print the effective configuration as a commented file");
    setting_flags const config_flags(*config);
    bool check = false;
    config->add_flag("--check", check, "Only check whether it is valid");

    auto* model = program.add_subcommand("model", "Inspect, quantize and calibrate weights");
    model_commands models(*model);

    try {
        program.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        if (e.get_exit_code() == 0) return program.exit(e);  // --help, --version
        return complain(std::string(e.what()) + " (see simple-model-api --help)", wrong_usage);
    }
    if (serving->parsed()) return run_serve(serve_flags);
    if (batching->parsed()) return batch.run();
    if (predicting->parsed()) return predict.run();
    if (health->parsed()) return healthy.run();
    if (config->parsed()) return run_config(config_flags, check);
    return models.run();
}

}  // namespace

int run(int argc, char const* const* argv) {
    if (!is_cpu_new_enough())
        return complain("this CPU is too old: it has no SSE4.1, which the program needs", wrong_usage);
    try {
        return dispatch(argc, argv);
    } catch (std::exception const& e) {
        return complain(std::string("internal error: ") + e.what(), failed);
    }
}

}  // namespace sma::app
