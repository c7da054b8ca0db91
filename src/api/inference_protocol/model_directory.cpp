#include "model_directory.hpp"

#include "text_in_error.hpp"

namespace sma::api::inference_protocol {
namespace {

std::string_view path_parameter(http::request const& r, std::string const& name) {
    auto const it = r.path_parameters.find(name);
    return it == r.path_parameters.end() ? std::string_view{} : std::string_view(it->second);
}

bool is_in_service(serving::state s) { return s == serving::state::ready || s == serving::state::reloading; }

}  // namespace

result<serving::served_model const*> model_directory::find(http::request const& r) const {
    return find(path_parameter(r, "model"), path_parameter(r, "version"));
}

result<serving::served_model const*> model_directory::find(std::string_view name, std::string_view version) const {
    auto const served = service_.models.find(name);
    if (served && !version.empty() && version != model_version)
        return error(errc::not_found, "unknown version `" + text_in_error(version) + "`: this server has `" +
                                          std::string(model_version) + "`");
    return served;
}

result<named_model> model_directory::find_loaded(http::request const& r) const {
    return find_loaded(path_parameter(r, "model"), path_parameter(r, "version"));
}

result<named_model> model_directory::find_loaded(std::string_view name, std::string_view version) const {
    auto const served = find(name, version);
    if (!served) return served.error();
    auto instance = (*served)->manager.current();
    if (!instance) return instance.error();
    return named_model{*served, std::move(*instance)};
}

bool model_directory::is_live() const { return service_.models.makes_progress(); }

bool model_directory::is_ready() const { return is_in_service(service_.models.current_state()) && is_live(); }

bool model_directory::is_ready(serving::served_model const& model) {
    return is_in_service(model.manager.current_state()) && model.queue.makes_progress();
}

std::vector<repository_entry> model_directory::index(bool ready_only) const {
    std::vector<repository_entry> all;
    for (auto const& model : service_.models.all()) {
        auto const current = model.manager.current();
        if (current) {
            all.push_back({model.name_of(**current), "READY", ""});
            continue;
        }
        auto const name = model.name();
        if (ready_only || name.empty()) continue;
        auto const now = model.manager.current_state();
        if (now == serving::state::unloaded) {
            all.push_back({name, "UNAVAILABLE", "unloaded"});
            continue;
        }
        bool const comes = now == serving::state::loading || now == serving::state::warming_up;
        all.push_back({name, comes ? "LOADING" : "UNAVAILABLE", current.error().message});
    }
    return all;
}

model_statistics model_directory::statistics_of(serving::served_model const& model) {
    return {model.name(), model.queue.done().read()};
}

model_facts model_directory::facts_of(named_model const& model) const {
    auto const& engine = *model.instance->engine;
    model_facts facts;
    facts.name = model.name();
    facts.platform = engine.describe().name;
    facts.height = engine.input().height;
    facts.width = engine.input().width;
    facts.classes = engine.classes();
    facts.features = engine.features();
    facts.max_batch_size = model.served->configuration.max_batch_size;
    facts.max_queue_delay_us = model.served->configuration.max_queue_delay_us;
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
