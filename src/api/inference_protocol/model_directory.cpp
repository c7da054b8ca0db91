#include "model_directory.hpp"

namespace sma::api::inference_protocol {
namespace {

std::string_view path_parameter(http::request const& r, std::string const& name) {
    auto const it = r.path_parameters.find(name);
    return it == r.path_parameters.end() ? std::string_view{} : std::string_view(it->second);
}

}  // namespace

result<serving::served_model const*> model_directory::find(http::request const& r) const {
    auto const version = path_parameter(r, "version");
    auto const served = service_.models.find(path_parameter(r, "model"));
    if (served && !version.empty() && version != model_version)
        return error(errc::not_found, "unknown version `" + std::string(version) + "`: this server has `" +
                                          std::string(model_version) + "`");
    return served;
}

result<named_model> model_directory::find_loaded(http::request const& r) const {
    auto const served = find(r);
    if (!served) return served.error();
    auto instance = (*served)->manager.current();
    if (!instance) return instance.error();
    return named_model{*served, std::move(*instance)};
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
