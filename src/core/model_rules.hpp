// Rules for the [[models]] of a settings file.
#pragma once

#include "sma/core/settings.hpp"

#include <string_view>

namespace sma {

/// The setting that `name` is in a [[models]] table.
inline constexpr std::string_view model_name_key = "model_name";

/// True for the settings that each of several models may have a value of its own for.
bool is_model_setting(std::string_view name);

/// Errors: a model without weights, a name that is missing, twice there or none for a URL, two defaults, too many
/// models, a shadow that is unknown, the default, the model itself, another's too or has one, or a setting beside the
/// models that belongs to one of them. The default is chosen before.
result<void> check_models(settings const& s);

}  // namespace sma
