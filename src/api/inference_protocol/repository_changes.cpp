#include "repository_changes.hpp"

#include "housekeeping.hpp"
#include "sma/core/json_writer.hpp"
#include "sma/core/logging.hpp"
#include "text_in_error.hpp"
#include "validation_error.hpp"

#include <string>

namespace sma::api::inference_protocol {
namespace {

std::string sha256_of(serving::served_model const& model) {
    auto const current = model.manager.current();
    return current ? (*current)->weights_sha256 : std::string();
}

std::string describe_exchange(serving::served_model const& model, serving::served_model const& shadow, bool promoted) {
    auto const& name = model.configuration.model_name;
    auto const& other = shadow.configuration.model_name;
    std::string out;
    {
        object_writer o(out);
        o.text("name", name);
        o.text("weights_sha256", sha256_of(model));
        o.text("shadow", other);
        o.text("shadow_weights_sha256", sha256_of(shadow));
        o.flag("promoted", promoted);
        o.text("note", promoted ? "The settings file still gives these weights to `" + other +
                                      "`: exchange the two there, or a restart goes back."
                                : "Both models are again what the settings file says.");
    }
    return out;
}

}  // namespace

result<void> admit_change(model_directory const& models, http::request const& head) {
    if (!head.header("Origin").empty())
        return error(errc::forbidden, "requests with an Origin header are not accepted here");
    auto const model = models.find(head);
    return model ? result<void>() : model.error();
}

result<void> check_parameters(std::string_view body, std::string_view known) {
    auto const object = read_small_object(body);
    if (!object) return object.error();
    auto const* parameters = object->if_contains("parameters");
    if (parameters == nullptr) return {};
    if (!parameters->is_object()) return validation_error("`parameters`: expected an object");
    for (auto const& parameter : parameters->get_object()) {
        std::string_view const name(parameter.key().data(), parameter.key().size());
        if (name != known) return validation_error("the parameter `" + text_in_error(name) + "` is not supported here");
    }
    return {};
}

// Triton's clients always send `unload_dependents`; no model depends on another here.
result<http::response> unload_model(model_directory const& models, http::request const& r) {
    if (auto const known = check_parameters(r.body, "unload_dependents"); !known) return known.error();
    auto const model = models.find(r);
    if (!model) return model.error();
    if (auto const unloaded = models.about().models.unload(**model); !unloaded) return unloaded.error();
    http::response done;
    done.content_type.clear();
    return done;
}

result<http::response> promote_shadow(model_directory const& models, http::request const& r) {
    if (auto const none = check_parameters(r.body); !none) return none.error();
    auto const model = models.find(r);
    if (!model) return model.error();
    if (auto const promoted = models.about().models.promote(**model); !promoted) return promoted.error();
    auto const shadow = models.about().models.find((*model)->configuration.shadow);
    if (!shadow) return shadow.error();
    bool const away = (*model)->manager.report().is_exchanged;
    log::info("model and shadow exchanged", {{"model", (*model)->configuration.model_name},
                                             {"sha256", sha256_of(**model)},
                                             {"shadow", (*shadow)->configuration.model_name},
                                             {"shadow_sha256", sha256_of(**shadow)},
                                             {"settings_file_differs", away}});
    http::response done;
    done.body = describe_exchange(**model, **shadow, away);
    return done;
}

}  // namespace sma::api::inference_protocol
