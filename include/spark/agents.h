// Everything of agents/: models of language, what their calls cost, tools, and agents that use both.
#pragma once

#include "spark/agents/agent.h"
#include "spark/agents/agent_options.h"
#include "spark/agents/cost_budget.h"
#include "spark/agents/dollars.h"
#include "spark/agents/json_schema.h"
#include "spark/agents/message.h"
#include "spark/agents/model.h"
#include "spark/agents/model_error.h"
#include "spark/agents/open_ai_model.h"
#include "spark/agents/price_table.h"
#include "spark/agents/scripted_model.h"
#include "spark/agents/token_usage.h"
#include "spark/agents/tool.h"
#include "spark/agents/tool_options.h"
