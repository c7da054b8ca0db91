#include "calibrate_command.hpp"

#include "complaint.hpp"
#include "local_pipeline.hpp"
#include "sma/batch/local_backend.hpp"
#include "sma/batch/reliability_diagram.hpp"
#include "sma/batch/temperature_scaling.hpp"
#include "sma/core/parse_number.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <utility>

namespace sma::app {
namespace {

namespace fs = std::filesystem;

/// Gathers what the engine says of photos whose class is known. I/O thread.
class photo_collector {
public:
    explicit photo_collector(batch::expectation const& expected) : expected_(expected) {}

    void take(std::string const& path, serving::classification const& c) {
        model_ = c.model;
        auto const& logits = c.logits.front();
        auto const expected = expected_.of(path);
        auto const index = expected ? class_of(*expected) : std::nullopt;
        if (!index) ++unlabeled_;
        if (logits && index) photos_.add(*logits, *index);
    }

    batch::labeled_logits const& photos() const noexcept { return photos_; }
    std::uint64_t unlabeled() const noexcept { return unlabeled_; }
    /// Null before the first photo.
    serving::model_instance const* model() const noexcept { return model_.get(); }

private:
    std::optional<std::size_t> class_of(std::string const& text) {
        auto const& labels = model_->labels;
        auto const number = parse_number<std::size_t>(text);
        if (number && *number < labels.size()) return number;
        if (by_name_.empty())
            for (std::size_t i = 0; i < labels.size(); ++i) by_name_.emplace(batch::normalized_class(labels[i]), i);
        auto const found = by_name_.find(batch::normalized_class(text));
        return found == by_name_.end() ? std::nullopt : std::optional(found->second);
    }

    batch::expectation const& expected_;
    std::shared_ptr<serving::model_instance> model_;
    std::unordered_map<std::string, std::size_t> by_name_;
    batch::labeled_logits photos_;
    std::uint64_t unlabeled_ = 0;
};

void print_report(batch::temperature_report const& report, photo_collector const& seen, fs::path const& written) {
    std::printf("temperature %.4f, fitted on %zu photos; top class right %.1f %%\n", report.temperature,
                seen.photos().size(), 100 * report.before.accuracy);
    std::printf("expected calibration error %.4f before, %.4f after (each half with the other's temperature)\n",
                report.before.error, report.after.error);
    if (seen.unlabeled() > 0)
        std::printf("%llu photos were left out: their label is no class of the model\n",
                    static_cast<unsigned long long>(seen.unlabeled()));
    std::printf("written to %s\n", written.c_str());
}

result<void> write_diagram(fs::path const& file, batch::temperature_report const& report) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << batch::reliability_diagram(report);
    out.close();
    if (!out) return error(errc::io_error, file.string() + " cannot be written");
    std::printf("reliability diagram in %s\n", file.c_str());
    return {};
}

result<void> finish(photo_collector const& seen, std::string const& diagram) {
    auto const report = batch::scale_temperature(seen.photos());
    if (!report) return report.error();
    auto const& model = *seen.model();
    model::confidence_calibration const c{report->temperature, seen.photos().size(), report->before.error,
                                          report->after.error};
    auto const written = model::write_calibration(model.weights_file, model.weights_sha256, c);
    if (!written) return written.error();
    print_report(*report, seen, *written);
    auto const beside = fs::path(model.weights_file).replace_extension(".reliability.svg");
    return write_diagram(diagram.empty() ? beside : fs::path(diagram), *report);
}

}  // namespace

calibrate_command::calibrate_command(CLI::App& command) : flags_(command) {
    command.add_option("WEIGHTS", weights_, "safetensors, .pth, TorchScript or ONNX")->required();
    command
        .add_option("--labels-from", labels_from_,
                    "Labeled photos: a directory whose folders are named after their class (name or index), or a file "
                    "with lines path<TAB>class, whose paths begin at its folder")
        ->required();
    command.add_option("--diagram", diagram_,
                       "SVG file for the reliability diagram. Default: beside the weights, with the ending "
                       ".reliability.svg");
}

result<batch::job_options> calibrate_command::make_job_options() const {
    batch::job_options o;
    o.no_results = true;
    std::error_code ignored;
    if (fs::is_directory(labels_from_, ignored)) {
        o.files.roots = {labels_from_};
        o.expected = batch::expectation(batch::expectation::from::directory);
        return o;
    }
    auto listed = batch::expectation::load_beside(labels_from_);
    if (!listed) return listed.error();
    o.files.roots = listed->paths();
    if (o.files.roots.empty()) return error(errc::validation_error, labels_from_ + " lists no photos");
    o.expected = std::move(*listed);
    return o;
}

int calibrate_command::run() const {
    auto options = make_job_options();
    if (!options) return complain(options.error(), batch::wrong_usage);
    auto s = flags_.load();
    if (!s) return complain(s.error(), batch::wrong_usage);
    s->weights = weights_;
    if (auto const ready = prepare_local_run(*s); !ready) return complain(ready.error(), batch::wrong_usage);
    options->concurrency = images_in_flight(*s);
    auto const expected = *options->expected;
    photo_collector seen(expected);
    constexpr int top_k_of_accuracy = 5;
    batch::local_options const local{
        .image_bytes_max = static_cast<std::uint64_t>(s->max_image_bytes),
        .top_k = top_k_of_accuracy,
        .seen = [&seen](std::string const& path, serving::classification const& c) { seen.take(path, c); }};

    boost::asio::io_context io{1};
    auto const job = batch::job::create(io, std::move(*options));
    if (!job) return complain(job.error(), batch::wrong_usage);
    local_pipeline pipeline(*s);
    if (auto const loaded = pipeline.load(); !loaded) return complain(loaded.error(), batch::wrong_usage);
    batch::local_backend backend(pipeline.classifier(), (*job)->files(), local);
    int const status = (*job)->run(backend);
    if (status == batch::interrupted || status == batch::wrong_usage) return status;
    if (auto const done = finish(seen, diagram_); !done) return complain(done.error(), 1);
    return 0;
}

}  // namespace sma::app
