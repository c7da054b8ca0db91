#include "sma/api/info.hpp"

#include "sma/core/json_writer.hpp"

#include "sma/version.hpp"

#include <initializer_list>

namespace sma::api {
namespace {

void write_numbers(object_writer& o, std::string_view name, std::array<float, 3> const& values) {
    array_writer numbers(o, name);
    for (float const value : values) numbers.number(value, 6);
}

void write_model(object_writer& info, serving::model_instance const& model, bool is_demo) {
    object_writer o(info, "model");
    o.text("name", model.architecture);
    o.number("classes", model.labels.size());
    o.number("groups", model.groups.size());
    o.text("weights_sha256", model.weights_sha256);
    o.flag("demo", is_demo);
    if (!model.calibration) return o.null("calibration");
    object_writer c(o, "calibration");
    c.number("temperature", model.calibration->temperature, 6);
    c.number("photos", model.calibration->photos);
    c.number("error_before", model.calibration->error_before, 6);
    c.number("error_after", model.calibration->error_after, 6);
}

void write_engine(object_writer& info, engine::description const& engine) {
    object_writer o(info, "engine");
    o.text("name", engine.name);
    o.text("precision", engine.precision);
    o.text("device", engine.device);
    o.text("instruction_set", engine.instruction_set);
    o.number("threads", engine.threads);
    if (!engine.note.empty()) o.text("note", engine.note);
}

void write_preprocessing(object_writer& info, serving::model_instance const& model, settings const& s) {
    auto const& p = model.preprocess;
    object_writer o(info, "preprocessing");
    o.text("source", model.preprocess_source);
    o.number("resize", p.resize);
    o.number("crop", p.crop);
    o.text("crop_mode", image::crop_mode_name(p.mode));
    o.text("interpolation", image::interpolation_name(p.filter));
    write_numbers(o, "mean", p.mean);
    write_numbers(o, "std", p.std);
    o.text("exif_orientation", s.exif_orientation);
    o.text("color_profile", s.color_profile);
}

void write_limits(object_writer& info, settings const& s, std::vector<std::string> const& readable) {
    object_writer o(info, "limits");
    o.number("max_image_bytes", s.max_image_bytes);
    o.number("max_body_bytes", s.max_body_bytes);
    o.number("max_pixels", s.max_pixels);
    o.number("max_images", s.max_images);
    o.number("max_batch_size", s.max_batch_size);
    o.number("max_queue_size", s.max_queue_size);
    o.number("default_timeout_ms", s.default_timeout_ms);
    array_writer formats(o, "formats");
    for (auto const& format : readable) formats.text(format);
}

void write_loads(object_writer& info, serving::load_report const& report) {
    object_writer o(info, "model_loads");
    o.number("succeeded", report.loads);
    o.number("failed", report.failures);
    if (!report.last_error.empty()) o.text("last_error", report.last_error);
}

// What is known of a model: nothing before it is loaded.
void write_served(object_writer& o, serving::served_model const& served) {
    auto const model = served.manager.current();
    if (!model) return;
    write_model(o, **model, served.configuration.weights.empty());
    write_engine(o, (*model)->engine->describe());
    write_preprocessing(o, **model, served.configuration);
}

void write_shadow(object_writer& o, serving::served_model const& served) {
    auto const report = served.comparison->report();
    object_writer shadow(o, "shadow");
    shadow.text("name", served.configuration.shadow);
    shadow.number("share", served.configuration.shadow_share, 6);
    shadow.flag("promoted", served.manager.report().is_exchanged);
    shadow.number("compared", report.compared);
    shadow.number("agreed", report.agreed);
    shadow.number("mean_confidence", report.mean_confidence, 6);
    shadow.number("mean_shadow_confidence", report.mean_shadow_confidence, 6);
    shadow.number("mean_confidence_difference", report.mean_confidence_difference, 6);
    shadow.number("mean_ms", report.mean_ms, 3);
    shadow.number("dropped", report.dropped);
    if (!report.reason.empty()) shadow.text("not_compared", report.reason);
}

void write_models(object_writer& info, service const& s) {
    array_writer list(info, "models");
    for (auto const& served : s.models.all()) {
        object_writer o(list);
        o.text("name", served.name());
        o.flag("default", &served == &s.models.main());
        o.text("state", serving::state_name(served.manager.current_state()));
        write_served(o, served);
        o.number("max_batch_size", served.configuration.max_batch_size);
        o.number("max_queue_size", served.configuration.max_queue_size);
        write_loads(o, served.manager.report());
        if (served.comparison != nullptr) write_shadow(o, served);
    }
}

}  // namespace

boost::asio::awaitable<http::response> info::handle(http::request&) {
    auto const& main = service_.models.main();
    http::response answer;
    {
        object_writer o(answer.body);
        o.text("name", "simple-model-api");
        o.text("version", version::number);
        o.text("commit", version::commit);
        o.text("state", serving::state_name(service_.models.current_state()));
        write_served(o, main);
        if (!service_.configuration.models.empty()) write_models(o, service_);
        write_limits(o, main.configuration, service_.formats());
        write_loads(o, main.manager.report());
        object_writer libraries(o, "libraries");
        for (auto const& [name, number] : service_.libraries()) libraries.text(name, number);
    }
    co_return answer;
}

}  // namespace sma::api
