#include "sma/serving/served_models.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sma::serving {
namespace {

// A service is what comes first of its models' states here.
constexpr std::array by_weight{state::draining,   state::failed,    state::loading,
                               state::warming_up, state::reloading, state::ready};

// What a shadow does is no reason to send clients elsewhere: nobody is answered from it.
bool counts(served_model const& model) { return !model.configuration.is_shadow && !model.manager.is_set_aside(); }

std::ptrdiff_t weight(state s) { return std::find(by_weight.begin(), by_weight.end(), s) - by_weight.begin(); }

}  // namespace

std::string served_model::name_of(model_instance const& model) const {
    return configuration.model_name.empty() ? default_model_name(model.architecture) : configuration.model_name;
}

std::string served_model::name() const {
    if (!configuration.model_name.empty()) return configuration.model_name;
    auto const model = manager.current();
    return model ? name_of(**model) : std::string();
}

std::string default_model_name(std::string_view architecture) {
    std::string name;
    bool seen_dash = false;
    for (char const c : architecture) {
        if (c == '-' && !seen_dash) {
            seen_dash = true;
            continue;
        }
        bool const kept = std::isalnum(static_cast<unsigned char>(c)) != 0;
        name += kept ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '_';
    }
    return name;
}

void served_models::add(served_model const& model, bool is_default) {
    if (is_default) default_ = models_.size();
    models_.push_back(model);
}

result<served_model const*> served_models::find(std::string_view name) const {
    if (name.empty()) return &main();
    std::string names;
    for (auto const& model : models_) {
        auto const known = model.name();
        if (known == name || known.empty()) return &model;
        names += (names.empty() ? "`" : ", `") + known + "`";
    }
    return error(errc::not_found, "unknown model `" + std::string(name) + "`: this server has " + names);
}

state served_models::current_state() const {
    auto least = state::ready;
    for (auto const& model : models_) {
        auto const now = model.manager.current_state();
        if (counts(model) && weight(now) < weight(least)) least = now;
    }
    return least;
}

bool served_models::is_settled() const {
    return std::none_of(models_.begin(), models_.end(), [](auto const& model) {
        auto const now = model.manager.current_state();
        return counts(model) && (now == state::loading || now == state::warming_up);
    });
}

std::string served_models::last_error() const {
    auto found = main().manager.report().last_error;
    for (auto const& model : models_)
        if (found.empty() && counts(model)) found = model.manager.report().last_error;
    return found;
}

bool served_models::makes_progress() const {
    return std::all_of(models_.begin(), models_.end(), [](auto const& model) { return model.queue.makes_progress(); });
}

std::size_t served_models::queue_depth() const {
    std::size_t depth = 0;
    for (auto const& model : models_) depth += model.queue.queue_depth();
    return depth;
}

result<void> served_models::unload(served_model const& model) const {
    if (&model == &main())
        return error(errc::conflict, "the default model cannot be unloaded: it answers requests that name no model");
    model.manager.unload();
    return {};
}

result<void> served_models::promote(served_model const& model) const {
    if (model.comparison == nullptr)
        return error(errc::conflict, "the model `" + model.name() + "` has no shadow that could be promoted");
    auto const shadow = find(model.configuration.shadow);
    if (!shadow) return shadow.error();
    if (auto exchanged = model.manager.exchange((*shadow)->manager); !exchanged) return exchanged;
    model.comparison->log_summary("shadow promoted");
    model.comparison->refresh();
    return {};
}

void served_models::refresh_comparisons() const {
    for (auto const& model : models_)
        if (model.comparison != nullptr) model.comparison->refresh();
}

void served_models::load() const {
    for (auto const& model : models_)
        if (model.manager.current_state() != state::unloaded) model.manager.load();
}

void served_models::drain() const {
    for (auto const& model : models_) {
        model.manager.drain();
        if (model.comparison != nullptr) model.comparison->stop();
    }
}

void served_models::close() const {
    for (auto const& model : models_) {
        model.manager.close();
        model.queue.close();
    }
}

}  // namespace sma::serving
