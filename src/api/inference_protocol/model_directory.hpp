// Models by the names and versions of the protocol's URLs.
#pragma once

#include "descriptions.hpp"
#include "infer_request.hpp"
#include "sma/api/service.hpp"
#include "sma/http/request.hpp"
#include "sma/serving/served_models.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::api::inference_protocol {

/// A model that is asked for, and its instance, which stays the same through a reload.
struct named_model {
    serving::served_model const* served;
    std::shared_ptr<serving::model_instance> instance;

    /// As it stands in URLs.
    std::string name() const { return served->name_of(*instance); }
};

/// I/O thread.
class model_directory {
public:
    explicit model_directory(service const& s) : service_(s) {}

    /// The model of the route's {model} and {version}, the default one without them. Error: not_found.
    result<serving::served_model const*> find(http::request const& r) const;
    /// Either may be empty: the default one, any.
    result<serving::served_model const*> find(std::string_view name, std::string_view version) const;
    /// The same, if it is loaded. Errors: not_found, model_not_loaded, shutting_down.
    result<named_model> find_loaded(http::request const& r) const;
    result<named_model> find_loaded(std::string_view name, std::string_view version) const;
    /// True while the inference threads make progress; if they do not, only a restart of the process helps.
    bool is_live() const;
    /// Every model is.
    bool is_ready() const;
    static bool is_ready(serving::served_model const& model);
    /// Triton's repository: the models whose names are known; with `ready_only` only those that serve.
    std::vector<repository_entry> index(bool ready_only) const;
    static model_statistics statistics_of(serving::served_model const& model);
    model_facts facts_of(named_model const& model) const;
    request_rules rules_for(serving::model_instance const& model) const;
    service const& about() const noexcept { return service_; }

private:
    service const& service_;
};

}  // namespace sma::api::inference_protocol
