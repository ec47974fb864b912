/** What the pods of the test run: one function that is busy a tenth of the time and more. */
function recountPrices() {
  let sum = 0;
  for (let index = 0; index < 2e6; index++) sum += Math.sqrt(index);
  return sum;
}

setInterval(recountPrices, 50);
