#include "model_directory.hpp"

#include "text_in_error.hpp"

namespace sma::api::inference_protocol {
namespace {

std::string_view path_parameter(http::request const& r, std::string const& name) {
    auto const it = r.path_parameters.find(name);
    return it == r.path_parameters.end() ? std::string_view{} : std::string_view(it->second);
}

error unknown(std::string_view what, std::string_view name, std::string_view expected) {
    return error(errc::not_found, "unknown " + std::string(what) + " `" + text_in_error(name) + "`: this server has `" +
                                      std::string(expected) + "`");
}

}  // namespace

std::string model_directory::name_of(serving::model_instance const& model) const {
    auto const& configured = service_.configuration.model_name;
    return configured.empty() ? default_model_name(model.architecture) : configured;
}

result<std::shared_ptr<serving::model_instance>> model_directory::find(http::request const& r) const {
    return find(path_parameter(r, "model"), path_parameter(r, "version"));
}

result<std::shared_ptr<serving::model_instance>> model_directory::find(std::string_view name,
                                                                       std::string_view version) const {
    auto const& configured = service_.configuration.model_name;
    // Known even while nothing is loaded.
    if (!configured.empty() && !name.empty() && name != configured) return unknown("model", name, configured);
    if (!version.empty() && version != model_version) return unknown("version", version, model_version);
    auto model = service_.models.current();
    if (!model) return model.error();
    auto const actual = name_of(**model);
    if (!name.empty() && name != actual) return unknown("model", name, actual);
    return model;
}

bool model_directory::is_live() const { return service_.dispatcher.makes_progress(); }

bool model_directory::is_ready() const {
    auto const now = service_.models.current_state();
    return (now == serving::state::ready || now == serving::state::reloading) && is_live();
}

std::vector<repository_entry> model_directory::index(bool ready_only) const {
    auto const model = service_.models.current();
    if (model) return {{name_of(**model), "READY", ""}};
    auto const& name = service_.configuration.model_name;
    if (ready_only || name.empty()) return {};
    auto const now = service_.models.current_state();
    bool const comes = now == serving::state::loading || now == serving::state::warming_up;
    return {{name, comes ? "LOADING" : "UNAVAILABLE", model.error().message}};
}

model_statistics model_directory::statistics_of(serving::model_instance const& model) const {
    return {name_of(model), service_.dispatcher.done().read()};
}

model_facts model_directory::facts_of(serving::model_instance const& model) const {
    auto const& input = model.engine->input();
    model_facts facts;
    facts.name = name_of(model);
    facts.platform = model.engine->describe().name;
    facts.height = input.height;
    facts.width = input.width;
    facts.classes = model.engine->classes();
    facts.features = model.engine->features();
    facts.max_batch_size = service_.configuration.max_batch_size;
    facts.max_queue_delay_us = service_.configuration.max_queue_delay_us;
    return facts;
}

request_rules model_directory::rules_for(serving::model_instance const& model) const {
    auto const& input = model.engine->input();
    request_rules rules;
    rules.height = input.height;
    rules.width = input.width;
    rules.classes = model.engine->classes();
    rules.images_max = static_cast<std::size_t>(service_.configuration.max_images);
    rules.image_bytes_max = static_cast<std::size_t>(service_.configuration.max_image_bytes);
    return rules;
}

}  // namespace sma::api::inference_protocol
