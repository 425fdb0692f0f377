import assert from "node:assert/strict";

import { createSimulatedClock } from "../../src/simulator/clock.js";
import { services } from "../../src/simulator/services/registry.js";
import { loadModel } from "../../src/simulator/wire/model.js";
import { createWorld } from "../../src/simulator/world.js";

describe("the services that are served", () => {
  it("have ids of their own", () => {
    const ids = services.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const service of services) {
    it(`${service.id} handles only operations that its wire model has`, async () => {
      const clock = createSimulatedClock();
      try {
        const model = await loadModel(service);
        const handled = Object.keys(service.handlers(createWorld({ clock })));
        assert.ok(handled.length > 0);
        assert.deepEqual(
          handled.filter((operation) => !model.operations.has(operation)),
          [],
        );
      } finally {
        clock.stop();
      }
    });
  }
});
